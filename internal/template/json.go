package template

import (
	"encoding/json"
	"errors"
)

// json finds the string values of a JSON body. encoding/json says whether the
// body is well formed; the places are found by a scan of its text, since the
// library's tokens do not tell them.
func (c *compiler) json() error {
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(c.body), &whole); err != nil {
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			return malformed("%s (at byte %d)", e, e.Offset)
		}
		return malformed("%s", err)
	}
	var objects []bool // for each level: is it an object?
	key := false       // is the next string a member's name?
	for i := 0; i < len(c.body); i++ {
		switch b := c.body[i]; b {
		case '{', '[':
			key = b == '{'
			if objects = append(objects, key); len(objects) > maxDepth {
				return malformed("it nests deeper than %d levels", maxDepth)
			}
		case '}', ']':
			objects = objects[:len(objects)-1]
		case ',':
			key = objects[len(objects)-1]
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
	end := from + 1
	for s[end] != '"' {
		if s[end] == '\\' {
			end++
		}
		end++
	}
	return end
}

// jsonString looks at the value between two quotes.
func (c *compiler) jsonString(from, to int) error {
	var text string
	if err := json.Unmarshal([]byte(c.body[from:to+1]), &text); err != nil {
		return malformed("%s", err)
	}
	return c.leaf(text, from+1, to, inJSON)
}
