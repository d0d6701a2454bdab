// Package app builds the process from a configuration: store, dispatcher, API
// and listener, in a straight line, and takes them down in the opposite order.
package app
