package source

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
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

// unsettledBags notes how many bags are left alone, for each value of settle.
func unsettledBags(m *manifest.Manifest, bags []*bagRef, found []outcome) []diag.Diagnostic {
	held := make(map[time.Duration]*heap)
	for i, b := range bags {
		if len(found[i].tasks) == 0 || found[i].tasks[0].Hold == "" {
			continue
		}
		settle := m.SettleOf(b.entries)
		if held[settle] == nil {
			held[settle] = new(heap)
		}
		held[settle].add(b, []string{b.rel})
	}
	var list []diag.Diagnostic
	for _, settle := range slices.Sorted(maps.Keys(held)) {
		h := held[settle]
		list = append(list, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeUnsettledBags, Text: fmt.Sprintf(
			"%s left alone, such as %s: a file there is younger than settle: %s", count(h.bags, "bag is", "bags are"), show(h.example), settle)})
	}
	return list
}
