package template

import (
	"encoding/json"
	"fmt"
)

// json finds the string values of a JSON body. encoding/json says whether the
// body is well formed; the places are found by a scan of its text, since the
// library's tokens do not tell them.
func (c *compiler) json() error {
	if !json.Valid([]byte(c.body)) {
		var v any
		err := json.Unmarshal([]byte(c.body), &v)
		return fmt.Errorf("failed to deserialize the body template: %w", err)
	}
	depth := 0
	object := make([]bool, 0, maxDepth) // for each level: is it an object?
	key := false                        // is the next string a member's name?
	for i := 0; i < len(c.body); i++ {
		switch c.body[i] {
		case '{', '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("failed to deserialize the body template: it nests deeper than %d", maxDepth)
			}
			object = append(object, c.body[i] == '{')
			key = c.body[i] == '{'
		case '}', ']':
			depth--
			object = object[:depth]
		case ',':
			key = object[depth-1]
		case ':':
			key = false
		case '"':
			end := stringEnd(c.body, i)
			if !key {
				if err := c.jsonString(i, end); err != nil {
					return err
				}
			}
			i = end
		}
	}
	return nil
}

// stringEnd returns the place of the quote that closes the string at from.
func stringEnd(s string, from int) int {
	for i := from + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s) - 1
}

func (c *compiler) jsonString(from, to int) error {
	var text string
	if err := json.Unmarshal([]byte(c.body[from:to+1]), &text); err != nil {
		return fmt.Errorf("failed to deserialize the body template: %w", err)
	}
	return c.leaf(text, from+1, to, inJSON)
}
