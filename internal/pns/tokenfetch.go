package pns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxTokenAnswer bounds a token endpoint's answer, in bytes; the tokens in
	// use have one or two thousand.
	maxTokenAnswer = 64 << 10
	// maxTokenLife cuts what an endpoint promises.
	maxTokenLife = 30 * 24 * time.Hour
)

// fetch asks for a token once.
func (c *TokenCache) fetch() (token, error) {
	now := c.clock.Now()
	ask, err := c.ask(now)
	if err != nil {
		return token{}, &TokenError{Failure: TokenRefused, Err: err}
	}
	ctx, cancel := context.WithTimeout(c.life, tokenTimeout)
	defer cancel()
	status, header, body, err := c.post(ctx, ask)
	if err != nil {
		return token{}, &TokenError{Failure: TokenUnreachable, Err: bare(err)}
	}
	value, life, err := readTokenAnswer(status, header, body, now)
	if err != nil {
		return token{}, err
	}
	return token{value: value, asked: now, renew: now.Add(life / 10 * 9), expires: now.Add(life)}, nil
}

func (c *TokenCache) post(ctx context.Context, ask TokenRequest) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ask.URL, strings.NewReader(ask.Form.Encode()))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer+1))
	return resp.StatusCode, resp.Header, body, err
}

// bare is the cause of a network error without the URL, which names the
// tenant.
func bare(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// readTokenAnswer reads the answer of a token endpoint (RFC 6749 §5.1, §5.2).
func readTokenAnswer(status int, header http.Header, body []byte, now time.Time) (string, time.Duration, error) {
	switch {
	case status == http.StatusOK:
		value, life, err := parseToken(body)
		if err != nil {
			return "", 0, &TokenError{Failure: TokenNotUnderstood, Status: status, Err: err}
		}
		return value, life, nil
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		wait, _ := RetryAfter(header.Get("Retry-After"), now)
		return "", 0, &TokenError{Failure: TokenUnreachable, Status: status, RetryAfter: wait, Err: oauthError(body)}
	case status >= 400:
		return "", 0, &TokenError{Failure: TokenRefused, Status: status, Err: oauthError(body)}
	}
	return "", 0, &TokenError{Failure: TokenNotUnderstood, Status: status, Err: errors.New("neither a token nor an error")}
}

// parseToken reads a token and its life. Entra writes expires_in as a string
// for some clients, Google and Windows Live as a number.
func parseToken(body []byte) (string, time.Duration, error) {
	if len(body) > maxTokenAnswer {
		return "", 0, fmt.Errorf("the answer has more than %d bytes", maxTokenAnswer)
	}
	var answer struct {
		AccessToken string          `json:"access_token"`
		TokenType   string          `json:"token_type"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", 0, errors.New("the answer is not JSON of a token")
	}
	if answer.AccessToken == "" || !headerSafe(answer.AccessToken) {
		return "", 0, errors.New("the answer holds no access_token that a header can carry")
	}
	if answer.TokenType != "" && !strings.EqualFold(answer.TokenType, "bearer") {
		return "", 0, errors.New("the answer's token_type is not bearer")
	}
	seconds, err := strconv.ParseFloat(string(bytes.Trim(answer.ExpiresIn, `"`)), 64)
	if err != nil || !(seconds >= 1) {
		return "", 0, errors.New("the answer's expires_in is not a number of seconds")
	}
	seconds = min(seconds, maxTokenLife.Seconds())
	return answer.AccessToken, time.Duration(seconds) * time.Second, nil
}

// headerSafe reports whether a token consists of visible ASCII.
func headerSafe(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// oauthError says what a token endpoint holds against us.
func oauthError(body []byte) error {
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if len(body) > maxTokenAnswer || json.Unmarshal(body, &answer) != nil || answer.Error == "" {
		return errors.New("no reason given")
	}
	return errors.New(Reason(answer.Error, answer.Description))
}
