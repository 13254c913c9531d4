package source

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// unsettled says why a bag is left alone: its newest file is younger than settle asks.
// Only then are files asked for their times, one by one, until a young one is found.
func (s scanner) unsettled(ctx context.Context, b *bagRef, paths []string) string {
	settle := s.m.SettleOf(b.entries)
	if settle <= 0 {
		return ""
	}
	for _, at := range paths {
		info, err := b.store.Stat(ctx, b.fileAt(at))
		if err != nil {
			continue
		}
		if age := s.now.Sub(info.ModTime()); age < settle {
			return fmt.Sprintf("bag %s has a file that is only %s old; settle: %s", wording.Safe(b.rel), wording.Duration(max(age, 0).Round(time.Second)), wording.Duration(settle))
		}
	}
	return ""
}

// unsettledBags notes how many bags are left alone, for each value of settle.
func unsettledBags(m *manifest.Manifest, bags []*bagRef, found []outcome) []diag.Diagnostic {
	held := make(map[time.Duration]*occurrences)
	for i, b := range bags {
		settle := m.SettleOf(b.entries)
		if len(found[i].tasks) == 0 || found[i].tasks[0].Deferred == "" || settle <= 0 {
			continue
		}
		if held[settle] == nil {
			held[settle] = new(occurrences)
		}
		held[settle].add(b, []string{b.rel})
	}
	var list []diag.Diagnostic
	for _, settle := range slices.Sorted(maps.Keys(held)) {
		h := held[settle]
		list = append(list, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeUnsettledBags, Text: fmt.Sprintf(
			"%s left alone, such as %s: a file there is younger than settle: %s", wording.Count(h.bags, "bag is", "bags are"), wording.Safe(h.example), wording.Duration(settle)),
			Hint: diag.Do(diag.HintSettle, wording.Duration(settle))})
	}
	return list
}
