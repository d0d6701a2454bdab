package architecture_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)\s#]+)(#[^)\s]*)?\)`)

// Every relative link in the documentation leads to something.
func TestLinks(t *testing.T) {
	t.Parallel()
	files(t, ".md", func(path string, text []byte) {
		for _, m := range link.FindAllSubmatch(text, -1) {
			target := string(m[1])
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, target)
			}
		}
	})
}

// The way of one notification, in the order in which it is told.
var way = []string{
	"internal/api/routes.go", "internal/auth/", "internal/api/notification.go",
	"internal/dispatch/accept.go",
	"internal/dispatch/fanout.go",
	"internal/dispatch/audience.go",
	"internal/dispatch/render.go",
	"internal/dispatch/deliver.go", "internal/pns/apns/connector.go", "internal/pns/h2/",
	"internal/pns/apns/response.go",
	"internal/dispatch/outcome.go",
	"internal/dispatch/retry.go",
	"internal/api/telemetry.go",
}

func TestArchitectureFollowsANotification(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs/architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, file := range way {
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Errorf("%s does not exist", file)
		}
		i := strings.Index(string(text[at:]), "](../"+file+")")
		if i < 0 {
			t.Errorf("docs/architecture.md does not link %s, or not in its place", file)
			continue
		}
		at += i
	}
}
