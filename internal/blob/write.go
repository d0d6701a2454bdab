package blob

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
)

// MaxBlocks is how many blocks a file may have.
const MaxBlocks = 50_000

// PutBlock stores data as a block of a file (Put Block). Nothing is seen of it
// until PutBlockList names it. The ids of one file are equally long; a block
// that is put again replaces the one with its id.
func (c *Client) PutBlock(ctx context.Context, file, id string, data []byte) error {
	const doing = "writing a block"
	sum := md5.Sum(data) // what the storage compares; nothing relies on it as a secret
	return c.put(ctx, doing, file, "comp=block&blockid="+url.QueryEscape(blockID(id)), data,
		"Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
}

// PutBlockList makes the file of the blocks, in this order, instead of whatever
// it was (Put Block List). Without a block it is empty.
func (c *Client) PutBlockList(ctx context.Context, file string, ids []string) error {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><BlockList>`)
	for _, id := range ids {
		// Latest also finds those that an earlier, identical list has committed.
		b.WriteString("<Latest>" + blockID(id) + "</Latest>")
	}
	b.WriteString("</BlockList>")
	return c.put(ctx, "writing a file's list of blocks", file, "comp=blocklist", b.Bytes(),
		"Content-Type", "application/xml", "x-ms-blob-content-type", "text/plain; charset=utf-8")
}

func blockID(id string) string { return base64.StdEncoding.EncodeToString([]byte(id)) }

func (c *Client) put(ctx context.Context, doing, file, query string, body []byte, headers ...string) error {
	req, err := request(ctx, http.MethodPut, file, query, bytes.NewReader(body), headers...)
	if err != nil {
		return strange(doing, "%v", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return failure(ctx, doing, err)
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, maxAnswer) //nolint:errcheck // so that the connection is used again; the status is the answer
	if resp.StatusCode != http.StatusCreated {
		return refusal(doing, resp)
	}
	return nil
}

// maxAnswer bounds what is read of an answer that nobody looks at.
const maxAnswer = 64 << 10

// request builds a request: the operation's own query goes in front of the
// signature.
func request(ctx context.Context, method, file, query string, body io.Reader, headers ...string) (*http.Request, error) {
	u, err := url.Parse(file)
	if err != nil {
		return nil, errURL
	}
	switch {
	case u.RawQuery == "":
		u.RawQuery = query
	case query != "":
		u.RawQuery = query + "&" + u.RawQuery
	}
	u.Fragment = ""
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, errURL
	}
	req.Header.Set("x-ms-version", version)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	return req, nil
}
