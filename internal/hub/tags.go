package hub

import (
	"errors"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// Azure's limits for tags: characters of one, and bytes of all as they are
// written, separated by commas.
const (
	maxTag  = 120
	maxTags = 8000
)

// maxTagCount bounds the tags of a registration, an installation, a template or
// a tile: each is a row that is written in one commit. Azure documents 60, and
// takes what fits into its 8,000 bytes: of usual tags, fewer than this.
const maxTagCount = 500

// validateTags checks the tags that a client gives.
func validateTags(tags []string) error {
	if len(tags) > maxTagCount {
		return invalid("There are %d tags; at most %d are allowed.", len(tags), maxTagCount)
	}
	size := max(0, len(tags)-1)
	for _, t := range tags {
		size += len(t)
		if e, ok := errors.AsType[*tagexpr.Error](tagexpr.CheckTag(t, maxTag)); ok {
			return &Invalid{e.Msg}
		}
	}
	if size > maxTags {
		return invalid("Registration Tags serialized size is more than maximum supported value. Actual Size: '%d' and Max Allowed Size: '%d'", size, maxTags)
	}
	return nil
}

// distinct drops tags that differ from an earlier one in letter case alone.
func distinct(tags []string) []string {
	seen := make(map[string]bool, len(tags))
	out := make([]string, 0, len(tags))
	for _, t := range tags {
		if f := tagexpr.Fold(t); !seen[f] {
			seen[f] = true
			out = append(out, t)
		}
	}
	return out
}
