package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A listing says how one kind of object is filtered, searched and sorted. Its terms
// are CVAT's names, each with the column behind it.
type listing struct {
	from    string // FROM clause; the id column is id
	id      string
	terms   map[string]term
	search  []string // terms that ?search= looks through
	simple  []string // terms that may be in the query string
	orders  []string // terms that ?sort= knows
	options map[string][]string

	ascending bool   // oldest first if nothing else is asked for
	newest    string // the column that tells new from old, if it is not the id
}

type term struct {
	column string
	kind   termKind
}

type termKind int

const (
	textTerm termKind = iota
	numberTerm
	timeTerm
)

// where collects conditions; each is a piece of SQL with its arguments.
type where struct {
	sql  []string
	args []any
}

func (w *where) add(sql string, args ...any) {
	w.sql = append(w.sql, sql)
	w.args = append(w.args, args...)
}

func (w *where) String() string {
	if len(w.sql) == 0 {
		return "1"
	}
	return "(" + strings.Join(w.sql, ") AND (") + ")"
}

// ids are all objects that the query string asks for, in its order.
func (s *Server) ids(q *query, l *listing, w *where) ([]int, error) {
	params := q.URL.Query()
	for _, step := range []func(url.Values, *where) error{l.addSimple, l.addSearch, l.addLogic} {
		if err := step(params, w); err != nil {
			return nil, err
		}
	}
	sql := fmt.Sprintf(`SELECT %s FROM %s WHERE %s ORDER BY %s`, l.id, l.from, w, l.order(params.Get("sort")))
	return s.pages.get(q.ctx, s.store, sql, w.args)
}

func (l *listing) addSimple(params url.Values, w *where) error {
	f := form{}
	for _, name := range l.simple {
		value := params.Get(name)
		if value == "" {
			continue
		}
		t := l.terms[name]
		if options := l.options[name]; options != nil && !slices.Contains(options, value) {
			f.fail(name, "Select a valid choice. %s is not one of the available choices.", value)
			continue
		}
		if t.kind == numberTerm {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				f.fail(name, "Enter a number.")
				continue
			}
			w.add(t.column+" = ?", n)
			continue
		}
		w.add(t.column+" = ?", value)
	}
	return f.err()
}

// addSearch wants every word in one of the terms, whatever its case.
func (l *listing) addSearch(params url.Values, w *where) error {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for _, word := range strings.FieldsFunc(params.Get("search"), func(r rune) bool { return r == ',' || r == ' ' }) {
		var either []string
		var args []any
		for _, name := range l.search {
			either = append(either, l.terms[name].column+` LIKE ? ESCAPE '\'`)
			args = append(args, "%"+escape.Replace(word)+"%")
		}
		w.add(strings.Join(either, " OR "), args...)
	}
	return nil
}

func (l *listing) addLogic(params url.Values, w *where) error {
	text := params.Get("filter")
	if text == "" {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var rules any
	if err := dec.Decode(&rules); err != nil {
		return listed("filter: can't parse filter expression: Expecting value: line 1 column 1 (char 0)")
	}
	if isEmpty(rules) {
		return listed("filter shouldn't be empty")
	}
	sql, args, err := l.logic(rules, "")
	if err != nil {
		return listed("filter: %v", err)
	}
	w.add(sql, args...)
	return nil
}

// order is the ORDER BY of a sort parameter: terms that it does not know are dropped
// without a word, and nothing left means newest first (A12).
func (l *listing) order(sort string) string {
	var by []string
	for _, name := range strings.Split(sort, ",") {
		name, down := strings.CutPrefix(strings.TrimSpace(name), "-")
		if !slices.Contains(l.orders, name) {
			continue
		}
		column := l.terms[name].column
		if down {
			column += " DESC"
		}
		by = append(by, column)
	}
	switch {
	case len(by) == 0 && l.ascending:
		return l.id
	case len(by) == 0 && l.newest != "":
		return l.newest + " DESC, " + l.id + " DESC"
	case len(by) == 0:
		return l.id + " DESC"
	}
	return strings.Join(append(by, l.id), ", ")
}

// A pageCache keeps the ids of recent listings as long as nothing is written, so that
// the pages of one listing cost one query and not one each.
type pageCache struct {
	mu      sync.Mutex
	changes uint64
	lists   map[string][]int
}

const cachedListings = 16

func (c *pageCache) get(ctx context.Context, db *storage.Store, sql string, args []any) ([]int, error) {
	changes := db.Changes.Load()
	key := fmt.Sprintf("%s\x00%q", sql, args)
	c.mu.Lock()
	if c.changes != changes || len(c.lists) >= cachedListings {
		c.changes, c.lists = changes, map[string][]int{}
	}
	ids, hit := c.lists[key]
	c.mu.Unlock()
	if hit {
		return ids, nil
	}
	ids, err := storage.Collect(ctx, db.Reader, storage.ScanOne[int], sql, args...)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.changes == changes {
		c.lists[key] = ids
	}
	c.mu.Unlock()
	return ids, nil
}

// An envelope is one page of a listing.
type envelope struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  any     `json:"results"`
}

// page answers one page of values that are all at hand.
func (q *query) page(all []any) (answer, error) {
	from, to, e, err := q.window(len(all))
	if err != nil {
		return answer{}, err
	}
	e.Results = append([]any{}, all[from:to]...)
	return ok(e), nil
}

// window is the part of count objects that the query string asks for. A page_size that
// is none is the default of 10, without a word; a page past the end is 404 (A13).
func (q *query) window(count int) (from, to int, e envelope, err error) {
	params := q.URL.Query()
	size, err := strconv.Atoi(params.Get("page_size"))
	if params.Get("page_size") == "all" {
		size, err = math.MaxInt32, nil
	}
	if err != nil || size <= 0 {
		size = 10
	}
	number := 1
	if p := params.Get("page"); p != "" {
		number, err = strconv.Atoi(p)
		if p == "last" {
			number, err = max(1, (count+size-1)/size), nil
		}
		if err != nil {
			number = 0
		}
	}
	from = (number - 1) * size
	if number < 1 || from >= count && number > 1 {
		return 0, 0, envelope{}, detail(http.StatusNotFound, "Invalid page.")
	}
	to = min(count, from+size)
	e.Count = count
	if to < count {
		e.Next = q.pageLink(number + 1)
	}
	if number > 1 {
		e.Previous = q.pageLink(number - 1)
	}
	return from, to, e, nil
}

func (q *query) pageLink(number int) *string {
	params := q.URL.Query()
	params.Set("page", strconv.Itoa(number))
	if number == 1 {
		params.Del("page")
	}
	link := q.base() + q.URL.Path
	if enc := params.Encode(); enc != "" {
		link += "?" + enc
	}
	return &link
}

// inList is a piece of SQL for "id is one of these".
func inList(column string, ids []int) string {
	var b strings.Builder
	b.WriteString(column + " IN (")
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(id))
	}
	b.WriteByte(')')
	return b.String()
}
