package hub

import (
	"errors"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// Azure's limits for tags: characters of one, and bytes of all as they are
// written, separated by commas.
const (
	maxTag  = 120
	maxTags = 8000
)

// validateTags checks the tags that a client gives.
func validateTags(tags []string) error {
	size := max(0, len(tags)-1)
	for _, t := range tags {
		size += len(t)
		if err := tagexpr.CheckTag(t, maxTag); err != nil {
			var e *tagexpr.Error
			if errors.As(err, &e) {
				return &Invalid{e.Msg}
			}
			return err
		}
	}
	if size > maxTags {
		return invalid("Registration Tags serialized size is more than maximum supported value. Actual Size: '%d' and Max Allowed Size: '%d'", size, maxTags)
	}
	return nil
}

// maxVariables bounds an installation's push variables, in bytes.
const maxVariables = 8000

func validateVariables(vars map[string]string) error {
	size := 0
	for name, v := range vars {
		size += len(name) + len(v)
		if name == "" || len(name) > maxTag || strings.ContainsFunc(name, func(r rune) bool {
			return r != '_' && (r > 'z' || !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz", r|0x20))
		}) {
			return invalid("The push variable %.130q is not valid: its name has letters, digits and _, at most %d.", name, maxTag)
		}
	}
	if size > maxVariables {
		return invalid("The push variables have %d bytes; at most %d are allowed.", size, maxVariables)
	}
	return nil
}
