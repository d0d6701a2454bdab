package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// awaited is a line of the Node driver that no hub can satisfy: since 2.1.0 of
// the client its poller is a promise too, so that awaiting it gives the job that
// has ended, which has no pollUntilDone.
var awaited = regexp.MustCompile(`const p = await (c\.beginSubmitNotificationHubJob\(.*\));`)

// mended copies the Node driver into the work folder, with that line asking for
// the same without awaiting the poller, and returns the copy. A driver without
// the line is copied as it is; the client is not touched.
func mended(conformance, work string) (string, error) {
	copies := filepath.Join(work, "drivers")
	if err := os.RemoveAll(copies); err != nil {
		return "", err
	}
	for _, folder := range []string{"lib", "npm-notification-hubs"} {
		if err := os.CopyFS(filepath.Join(copies, folder), os.DirFS(filepath.Join(conformance, folder))); err != nil {
			return "", fmt.Errorf("copying the drivers: %w", err)
		}
	}
	name := filepath.Join(copies, "npm-notification-hubs", "driver.mjs")
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	after := awaited.ReplaceAll(text, []byte("const p = { pollUntilDone: () => $1 };"))
	if string(after) == string(text) {
		return name, nil
	}
	fmt.Println("== npm-notification-hubs: the driver awaits the client's poller, which is a promise; the copy that is run does not")
	if err := os.Chmod(name, 0o644); err != nil {
		return "", err
	}
	return name, os.WriteFile(name, after, 0o644)
}
