// Package blobtest is blob storage for tests: containers and block blobs in
// memory, behind a signature, with failures on demand.
package blobtest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Signature is the query that lets a request in.
const Signature = "sv=2020-01-01&sig=s%2Bx%3D"

// Storage is a running storage.
type Storage struct {
	server *httptest.Server
	// Before, if set, may answer a request itself, and returns true then. It is
	// set before the first request.
	Before func(w http.ResponseWriter, r *http.Request) bool

	mu     sync.Mutex
	files  map[string]*file // by path
	served []string         // method and what is asked for
}

type file struct {
	content []byte
	version int // 0: not committed yet
	blocks  map[string][]byte
	list    []string
}

// Start runs a storage until the end of the test.
func Start(t testing.TB) *Storage {
	t.Helper()
	s := &Storage{files: map[string]*file{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

// URL is the signed URL of a container, or of a file in one.
func (s *Storage) URL(path string) string { return s.server.URL + path + "?" + Signature }

// Address is what an operator would allow: the storage's scheme, host and port.
func (s *Storage) Address() string { return s.server.URL }

// Put makes a file.
func (s *Storage) Put(path, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file(path)
	f.content, f.version = []byte(content), f.version+1
}

// Get returns a committed file.
func (s *Storage) Get(path string) (content string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file(path)
	return string(f.content), f.version > 0
}

// Blocks returns the ids of which a file was made.
func (s *Storage) Blocks(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file(path).list
}

// Served returns what was asked for, as in "PUT block /c/f".
func (s *Storage) Served() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.served...)
}

func (s *Storage) file(path string) *file {
	f := s.files[path]
	if f == nil {
		f = &file{blocks: map[string][]byte{}}
		s.files[path] = f
	}
	return f
}

// ServeHTTP answers as Azure Blob Storage does.
func (s *Storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	s.served = append(s.served, strings.Join(strings.Fields(r.Method+" "+q.Get("comp")+" "+r.URL.Path), " "))
	s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	switch {
	case s.Before != nil && s.Before(w, r):
	case err != nil:
		refuse(w, http.StatusBadRequest, "IncompleteBody")
	case q.Get("sig") != "s+x=" || r.Header.Get("x-ms-version") == "":
		refuse(w, http.StatusForbidden, "AuthenticationFailed")
	case r.Method == http.MethodPut && q.Get("comp") == "block":
		s.putBlock(w, r, q.Get("blockid"), body)
	case r.Method == http.MethodPut && q.Get("comp") == "blocklist":
		s.putBlockList(w, r, body)
	case r.Method == http.MethodGet && q.Get("comp") == "":
		s.get(w, r)
	default:
		refuse(w, http.StatusBadRequest, "UnsupportedQueryParameter")
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
}

func (s *Storage) putBlock(w http.ResponseWriter, r *http.Request, id string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file(r.URL.Path)
	sum := md5.Sum(body)
	if r.Header.Get("Content-MD5") != base64.StdEncoding.EncodeToString(sum[:]) {
		refuse(w, http.StatusBadRequest, "Md5Mismatch")
		return
	}
	for other := range f.blocks {
		if len(other) != len(id) {
			refuse(w, http.StatusBadRequest, "InvalidBlobOrBlock")
			return
		}
	}
	f.blocks[id] = body
	w.WriteHeader(http.StatusCreated)
}

func (s *Storage) putBlockList(w http.ResponseWriter, r *http.Request, body []byte) {
	var list struct {
		XMLName xml.Name `xml:"BlockList"`
		Latest  []string
	}
	if err := xml.Unmarshal(body, &list); err != nil {
		refuse(w, http.StatusBadRequest, "InvalidXmlDocument")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file(r.URL.Path)
	var content []byte
	for _, id := range list.Latest {
		block, ok := f.blocks[id]
		if !ok {
			refuse(w, http.StatusBadRequest, "InvalidBlockList")
			return
		}
		content = append(content, block...)
	}
	f.content, f.version, f.list = content, f.version+1, list.Latest
	w.WriteHeader(http.StatusCreated)
}

func (s *Storage) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.file(r.URL.Path)
	content, etag := f.content, fmt.Sprintf(`"v%d"`, f.version)
	there := f.version > 0
	s.mu.Unlock()
	if !there {
		refuse(w, http.StatusNotFound, "BlobNotFound")
		return
	}
	if match := r.Header.Get("If-Match"); match != "" && match != etag {
		refuse(w, http.StatusPreconditionFailed, "ConditionNotMet")
		return
	}
	w.Header().Set("ETag", etag)
	var first, last int
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); err != nil {
		w.Write(content) //nolint:errcheck // the client's to see
		return
	}
	if first >= len(content) {
		refuse(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
		return
	}
	last = min(last, len(content)-1)
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(content)))
	w.WriteHeader(http.StatusPartialContent)
	w.Write(content[first : last+1]) //nolint:errcheck // the client's to see
}
