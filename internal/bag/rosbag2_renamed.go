package bag

import (
	"context"
	"errors"
	"path"
)

// compareListed compares the files that the metadata names with those that are there. One that it does not name is
// left out, unless it is one of the recording's under another name.
func (b *Bag) compareListed(ctx context.Context, splits []split, names []string) ([]split, error) {
	absent, others := b.differences(splits, names)
	renamed := renamedFiles(splits, absent, others)
	if len(renamed) > 0 && !converted(renamed) {
		confirmed, err := b.confirmed(ctx, splits, renamed)
		if err != nil {
			return nil, err
		}
		if !confirmed {
			renamed = nil
		}
	}
	for i, s := range splits {
		old := path.Base(s.at.name)
		now, ok := renamed[old]
		if !ok {
			continue
		}
		splits[i].at, splits[i].hidden = b.at.child(now), false
		if b.foreign {
			old = "a file"
		}
		if err := b.warn.add(Warning{File: splits[i].at.String(), Text: "is taken for " + old + ", which metadata.yaml names"}); err != nil {
			return nil, err
		}
	}
	if len(renamed) > 0 {
		return splits, nil
	}
	b.unlisted = others
	for _, name := range others {
		if err := b.warn.add(Warning{File: b.at.child(name).String(), Text: "is not named by metadata.yaml and left out"}); err != nil {
			return nil, err
		}
	}
	return splits, nil
}

// differences are the files of the metadata that are not there, and those there that are not in the metadata, nor
// another form of one that is.
func (b *Bag) differences(splits []split, names []string) (absent []split, others []string) {
	there, listed, stems := map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, name := range names {
		there[name] = true
	}
	for _, s := range splits {
		base := path.Base(s.at.name)
		listed[base] = true
		if !there[base] {
			absent = append(absent, s)
			continue
		}
		stem, _ := formOf(base)
		stems[stem] = base
	}
	for _, name := range names {
		stem, _ := formOf(name)
		switch of, twin := stems[stem]; {
		case listed[name]:
		case twin:
			b.noteTwin(Twin{Name: name, Of: of})
		default:
			others = append(others, name)
		}
	}
	return absent, others
}

// renamedFiles are the files that are there, by those that the metadata names and that are not: the sole one for the
// sole one, or all of them under another name with the numbers that they had. Empty if it is not so.
func renamedFiles(splits, absent []split, others []string) map[string]string {
	if len(absent) != len(others) || len(absent) == 0 {
		return nil
	}
	if len(absent) == 1 {
		old := path.Base(absent[0].at.name)
		a, _ := formOf(others[0])
		b, _ := formOf(old)
		if kindNamed(others[0]) == kindNamed(old) || len(splits) == 1 && a == b {
			return map[string]string{old: others[0]}
		}
		return nil
	}
	stems, byNumber := map[string]bool{}, map[string]string{}
	for _, name := range others {
		m := splitName.FindStringSubmatch(name)
		if m == nil || m[2] == "" || byNumber[m[2]] != "" {
			return nil
		}
		stems[m[1]], byNumber[m[2]] = true, name
	}
	renamed := map[string]string{}
	for _, s := range absent {
		old := path.Base(s.at.name)
		now := byNumber[numberOf(old)]
		if now == "" || kindNamed(now) != kindNamed(old) {
			return nil
		}
		renamed[old] = now
	}
	if len(stems) != 1 || len(renamed) != len(others) {
		return nil
	}
	return renamed
}

// converted reports whether the files have the names that they had, and another form.
func converted(renamed map[string]string) bool {
	for old, now := range renamed {
		was, _ := formOf(old)
		if is, _ := formOf(now); is != was {
			return false
		}
	}
	return true
}

// numberOf is the number of a split, as its name writes it; empty if it has none.
func numberOf(name string) string {
	if m := splitName.FindStringSubmatch(name); m != nil {
		return m[2]
	}
	return ""
}

// confirmed reports whether the content of files shows that they are splits of this recording: each holds as many
// messages as the metadata tells of it, or where it does not tell, is the only one or has its number, and all files
// follow each other in time. A task of another recording's frames could not be corrected later.
func (b *Bag) confirmed(ctx context.Context, splits []split, renamed map[string]string) (bool, error) {
	trial := &Bag{at: b.at, opts: b.opts, warn: &warnings{}, cache: newCache(b.opts.Memory)}
	defer trial.Close()
	for _, s := range splits {
		old := path.Base(s.at.name)
		now := renamed[old]
		if now != "" {
			s.at = b.at.child(now)
		}
		err := trial.openPart(ctx, s)
		switch {
		case err == nil && now != "":
			held := messagesOf(trial.parts[len(trial.parts)-1].streams())
			if s.messages > 0 && held != s.messages || s.messages == 0 && len(splits) > 1 && (numberOf(old) == "" || numberOf(now) != numberOf(old)) {
				return false, nil
			}
		case ctx.Err() != nil, errors.As(err, new(*WholeError)), err != nil && ofTheMachine(err):
			return false, errors.Join(ctx.Err(), err)
		case err != nil && now != "":
			return false, nil
		}
	}
	_, after := outOfOrder(trial.parts)
	return after == "", nil
}

// messagesOf adds up the messages of a file's topics.
func messagesOf(streams []Topic) (n int64) {
	for _, t := range streams {
		n += int64(t.Count)
	}
	return n
}
