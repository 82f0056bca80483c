package localpod

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/clock"
)

// serverClock shows the emulator's time, which can be advanced, in this
// process.
type serverClock struct {
	client *emulator.Client
	offset atomic.Int64
}

// serverClockPeriod is how often the emulator is asked.
const serverClockPeriod = 2 * time.Second

// Now returns the emulator's time as of the last update.
func (c *serverClock) Now() time.Time { return clock.Now().Add(time.Duration(c.offset.Load())) }

func (c *serverClock) update(ctx context.Context) {
	if state, err := c.client.Clock(ctx); err == nil {
		c.offset.Store(int64(state.Offset))
	}
}

func (c *serverClock) run(ctx context.Context) {
	ticker := time.NewTicker(serverClockPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.update(ctx)
		}
	}
}
