package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/irsatz/irsatz/trail"
)

// controlTrail answers the newest records, oldest first, one JSON object a
// line; with follow it goes on until the client leaves.
func (e *Emulator) controlTrail(w http.ResponseWriter, r *http.Request) {
	limit, err := strconv.Atoi(first(r.URL.Query().Get("limit"), "0"))
	if err != nil || limit < 0 {
		writeError(w, http.StatusBadRequest, "limit: want a number", "")
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	follow := r.URL.Query().Has("follow")
	var added <-chan *trail.Record
	if follow {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(e.closing, cancel)()
		added = e.trail.Follow(ctx)
	}
	// What is added meanwhile is in both.
	sent := map[*trail.Record]bool{}
	for _, record := range e.trail.Records(limit) {
		if lines.Encode(record) != nil {
			return
		}
		sent[record] = follow
	}
	if !follow {
		return
	}
	_ = http.NewResponseController(w).Flush()
	for record := range added {
		if sent[record] {
			continue
		}
		if lines.Encode(record) != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
	}
}

// Why is a record and its explanation.
type Why struct {
	Record *trail.Record `json:"record"`
	Text   string        `json:"text"` // for people
}

// controlWhy explains the request named, or the last one denied.
func (e *Emulator) controlWhy(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["id"]
	record, ok := e.trail.Get(id)
	if id == "" {
		record, ok = e.trail.LastDenied()
	}
	switch {
	case !ok && id == "":
		writeError(w, http.StatusNotFound, "no request was denied", "irsatz trail lists the requests")
	case !ok:
		writeError(w, http.StatusNotFound, fmt.Sprintf("request %q not found", id), "irsatz trail lists the requests and their ids")
	default:
		writeJSON(w, Why{Record: record, Text: record.Explanation()})
	}
}
