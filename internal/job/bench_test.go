package job_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// One operation is an upsert of 5,000 lines, into a hub that has them from the
// second on.
func BenchmarkImport(b *testing.B) {
	f := setup(b, nil)
	f.stop()
	f.small = false
	f.start(f.store)
	var file strings.Builder
	const lines = 5000
	for i := range lines {
		file.WriteString(gcm(fmt.Sprint(i, "-1-1"), fmt.Sprintf("device:APA91b%0120d", i), fmt.Sprintf("user:%d,city:%d,everyone", i, i%100)) + "\n")
	}
	f.storage.Put("/in/file", file.String())
	for b.Loop() {
		f.completed(hub.ImportUpsertRegistrations)
	}
	b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
}
