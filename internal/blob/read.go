package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// errURL stands for the parsers' errors, which show the URL.
var errURL = errors.New("the URL is not valid")

// Part is a part of a file.
type Part struct {
	Data []byte // shorter than asked for only at the file's end
	Size int64  // of the whole file
	ETag string // "" if the storage gives none
}

// Read reads up to n bytes of a file from an offset on (Get Blob with a Range).
// With an etag it fails, with the status 412, once the file was changed.
func (c *Client) Read(ctx context.Context, file string, offset int64, n int, etag string) (Part, error) {
	const doing = "reading the file"
	req, err := request(ctx, http.MethodGet, file, "", nil, "If-Match", etag, "Range", fmt.Sprintf("bytes=%d-%d", offset, offset+int64(n)-1))
	if err != nil {
		return Part{}, strange(doing, "%v", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Part{}, failure(ctx, doing, err)
	}
	defer resp.Body.Close()
	p := Part{ETag: resp.Header.Get("ETag")}
	switch {
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && offset == 0:
		return p, nil // an empty file has no first byte
	case resp.StatusCode == http.StatusOK && offset == 0 && resp.ContentLength >= 0 && resp.ContentLength <= int64(n):
		p.Size = resp.ContentLength // the whole of a small file
	case resp.StatusCode == http.StatusOK:
		return Part{}, strange(doing, "the storage does not answer for a part of it, but sends the whole")
	case resp.StatusCode != http.StatusPartialContent:
		return Part{}, refusal(doing, resp)
	default:
		if p.Size, err = sizeOf(resp.Header.Get("Content-Range"), offset); err != nil {
			return Part{}, strange(doing, "%v", err)
		}
	}
	return p, p.fill(ctx, doing, resp.Body, min(int64(n), p.Size-offset))
}

func (p *Part) fill(ctx context.Context, doing string, body io.Reader, n int64) error {
	p.Data = make([]byte, n)
	if _, err := io.ReadFull(body, p.Data); err != nil {
		return failure(ctx, doing, err)
	}
	return nil
}

// sizeOf reads Content-Range: bytes 0-99/1000, as RFC 9110 §14.4 has it.
func sizeOf(contentRange string, offset int64) (int64, error) {
	span, total, _ := strings.Cut(strings.TrimPrefix(contentRange, "bytes "), "/")
	first, _, _ := strings.Cut(span, "-")
	size, err := strconv.ParseInt(total, 10, 64)
	at, err2 := strconv.ParseInt(first, 10, 64)
	if err != nil || err2 != nil || at != offset || size <= offset {
		return 0, fmt.Errorf("the storage's Content-Range %.60q is not that of the part", contentRange)
	}
	return size, nil
}
