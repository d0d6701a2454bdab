package pnssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// hostOf returns the host that a request is for, without its port.
func hostOf(r *http.Request) string {
	host, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	return host
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client is gone
}

// writeHTML is how a front end answers for a service that does not.
func writeHTML(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html><title>Error %d (%s)</title><p>That is an error.</html>\n", status, title)
}

// breakOff never answers, or ends the answer after its head.
func breakOff(w http.ResponseWriter, r *http.Request, kind string) {
	if kind == "hang" {
		<-r.Context().Done()
	} else {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush() //nolint:errcheck // the client is gone
	}
	panic(http.ErrAbortHandler)
}
