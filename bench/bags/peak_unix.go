//go:build unix

package main

import "golang.org/x/sys/unix"

// used is the processor time that this process took, and the most memory that it held.
func used() (cpu float64, peakKiB int64) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	ns := u.Utime.Nano() + u.Stime.Nano()
	return float64(ns) / 1e9, int64(u.Maxrss)
}
