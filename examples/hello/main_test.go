package main

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/hubtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Both devices get the greeting, each in its own words, over TLS from a hub with a
// local authority.
func TestHello(t *testing.T) {
	hub := hubtest.Start(t)
	t.Setenv("FANFARE_CONNECTION_STRING", hub.TLSConnectionString())
	t.Setenv("FANFARE_HUB", hub.Name())
	t.Setenv("FANFARE_CA_FILE", hub.CAFile())
	if err := hello(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range hub.Received() {
		got[p.Handle] += p.String()
	}
	for handle, want := range map[string]string{
		"22fc13adff785122b4ad28809a342098": `{"aps":{"alert":"Hello"}}`,
		"dTablet1:APA91bHello":             `{"message":{"token":"dTablet1:APA91bHello","notification":{"body":"Hello"}}}`,
	} {
		if got[handle] != want {
			t.Errorf("%s got %s, want %s", handle, got[handle], want)
		}
	}
}

func TestHelloWithoutAHub(t *testing.T) {
	t.Setenv("FANFARE_CA_FILE", "")
	if err := hello(t.Context()); err == nil {
		t.Error("nobody was to be greeted, and nothing says so")
	}
}

// The README shows the program as it is.
func TestREADME(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(program), "\npackage main\n")
	if !strings.Contains(string(readme), "```go\npackage main\n"+body+"```\n") {
		t.Error("README.md is without the program")
	}
}
