package emulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/irsatz/irsatz/manifest"
)

// Info says what runs.
type Info struct {
	AWS     string `json:"aws"`    // http URL of the AWS port
	AWSTLS  string `json:"awsTLS"` // https URL of the same port
	Control string `json:"control"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Enforce string `json:"enforce"` // strict or audit
}

// Info returns what runs.
func (e *Emulator) Info() Info {
	enforce := "strict"
	if e.config.Audit {
		enforce = "audit"
	}
	return Info{
		AWS: e.AWSURL(), AWSTLS: e.AWSTLSURL(), Control: e.ControlURL(),
		Account: e.config.Account, Region: e.config.Region, Enforce: enforce,
	}
}

func (e *Emulator) controlInfo(w http.ResponseWriter, _ *http.Request) { writeJSON(w, e.Info()) }

func (e *Emulator) controlCA(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(e.ca.CertificatePEM())
}

// ClockState is the emulator's time.
type ClockState struct {
	Now    time.Time     `json:"now"`
	Offset time.Duration `json:"offset"` // ahead of the wall clock
}

// ClockChange moves the emulator's clock: Advance by a duration, or Set to a
// time.
type ClockChange struct {
	Advance time.Duration `json:"advance,omitempty"`
	Set     time.Time     `json:"set,omitzero"`
}

// maxOffset is how far from the wall clock the emulator's may be.
const maxOffset = 100 * 365 * 24 * time.Hour

// check takes the offset from the wall clock as it is.
func (c ClockChange) check(now time.Time, offset time.Duration) error {
	if !c.Set.IsZero() {
		offset = c.Set.Sub(now.Add(-offset)) // at most 292 years
	}
	far := func(d time.Duration) bool { return d > maxOffset || d < -maxOffset }
	if far(offset) || far(c.Advance) || far(offset+c.Advance) {
		return errors.New("clock: more than 100 years from the wall clock")
	}
	return nil
}

func (e *Emulator) controlClock(w http.ResponseWriter, r *http.Request) {
	clock := e.config.Clock
	if r.Method == http.MethodPost {
		var change ClockChange
		if !readJSON(w, r, &change) {
			return
		}
		if err := change.check(clock.Now(), clock.Offset()); err != nil {
			writeError(w, http.StatusBadRequest, err.Error(), "")
			return
		}
		if !change.Set.IsZero() {
			clock.Set(change.Set)
		}
		clock.Advance(change.Advance)
	}
	writeJSON(w, ClockState{Now: clock.Now().UTC(), Offset: clock.Offset().Round(time.Millisecond)})
}

// controlLoad adds a manifest to the state.
func (e *Emulator) controlLoad(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuseBody(w, err)
		return
	}
	state, err := manifest.Parse("request", body)
	if err == nil {
		err = e.load(state)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// controlReset brings back the state that the emulator began with: objects,
// sessions and the trail are forgotten, the clock runs with the wall clock.
func (e *Emulator) controlReset(w http.ResponseWriter, _ *http.Request) {
	if err := e.Reset(); err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// refuse answers an error of the request.
func refuse(w http.ResponseWriter, err error) {
	if missing, ok := errors.AsType[*notFoundError](err); ok {
		writeError(w, http.StatusNotFound, missing.Error(), missing.hint)
		return
	}
	writeError(w, http.StatusUnprocessableEntity, err.Error(), "")
}

// readJSON reads a request body strictly.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxParameters))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return true
		}
		if err == nil {
			err = errors.New("more than one value")
		}
	}
	refuseBody(w, err)
	return false
}

// refuseBody answers a body that cannot be read.
func refuseBody(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		status = http.StatusRequestEntityTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		status = http.StatusRequestTimeout
	}
	writeError(w, status, "request body: "+err.Error(), "")
}
