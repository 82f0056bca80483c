// Package clock is the one place that reads the wall clock, and the clock that
// can be advanced by hand.
package clock

import (
	"sync/atomic"
	"time"
)

// Now returns the wall clock's time. It is the default of every Now field in
// this module, and the only caller of time.Now.
func Now() time.Time { return time.Now() }

// Clock is a clock that runs with the wall clock and can be moved ahead or
// back. Its zero value shows the wall clock's time. It may be used by any
// number of goroutines.
type Clock struct {
	offset atomic.Int64 // nanoseconds added to the wall clock
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time { return Now().Add(c.Offset()) }

// Offset returns how far the clock is ahead of the wall clock.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// Advance moves the clock by d, which may be negative.
func (c *Clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

// Set moves the clock so that it shows t now.
func (c *Clock) Set(t time.Time) { c.offset.Store(int64(t.Sub(Now()))) }
