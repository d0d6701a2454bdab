package hub

import (
	"maps"
	"slices"

	"github.com/fanfare-hub/fanfare/internal/template"
)

// maxVariables bounds all push variables together, in bytes.
const maxVariables = 8000

// validateVariables checks push variables. They stand for properties in
// templates, so they have names of the same form.
func validateVariables(vars map[string]string) error {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		size += len(name) + len(vars[name])
		if err := template.CheckName(name); err != nil {
			return invalid("A push variable is not valid: %s", err)
		}
	}
	if size > maxVariables {
		return invalid("The push variables have %d bytes; at most %d are allowed.", size, maxVariables)
	}
	return nil
}
