package source

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// unsettled says why a bag is left alone: its newest file is younger than settle asks.
// Only then are files asked for their times, one by one, until a young one is found.
func (s scanner) unsettled(b *bagRef, paths []string) string {
	settle := s.m.SettleOf(b.entries)
	if settle <= 0 {
		return ""
	}
	for _, at := range paths {
		info, err := os.Stat(filepath.Join(b.path, filepath.FromSlash(at)))
		if err != nil {
			continue
		}
		if age := s.now.Sub(info.ModTime()); age < settle {
			return fmt.Sprintf("bag %s has a file that is only %s old; settle: %s", show(b.rel), max(age, 0).Round(time.Second), settle)
		}
	}
	return ""
}
