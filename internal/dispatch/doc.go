// Package dispatch is the pipeline: an accepted notification becomes tasks,
// tasks become pages of devices, pages become outcomes. Its files stand in the
// order in which a notification passes them: accept, fanout, audience, render,
// deliver, outcome, retry.
package dispatch
