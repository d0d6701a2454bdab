// Package template compiles and renders template registrations: JSON or XML
// bodies whose values may hold the expressions $(p), .(p, n), %(p), #(p) and
// {e1 + e2}.
package template
