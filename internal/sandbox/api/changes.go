package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// changes are the columns that a PATCH sets.
type changes struct {
	set  []string
	args []any
}

func (c *changes) add(column string, value any) {
	c.set = append(c.set, column+" = ?")
	c.args = append(c.args, value)
}

// text reads a column of text, if it is another one than before.
func (c *changes) text(f *form, name string, t text, before string) {
	if v, ok := f.text(name, t); ok && v != before {
		c.add(name, v)
	}
}

// person sets owner or assignee, if the body names one and it is another than before.
func (c *changes) person(f *form, name string, id, before *int) {
	if _, given := f.body[name]; !given || same(id, before) {
		return
	}
	c.add(name, id) // and not its date: CVAT shows the date in its answer, and forgets to save it
}

// save writes the changes; touch says that the object changed even if no column did.
func (c *changes) save(ctx context.Context, tx *sql.Tx, table string, id int, touch bool, now storage.Stamp) error {
	if len(c.set) == 0 && !touch {
		return nil
	}
	c.add("updated", now)
	_, err := tx.ExecContext(ctx, "UPDATE "+table+" SET "+strings.Join(c.set, ", ")+" WHERE id = ?", append(c.args, id)...)
	return err
}

// peopleOf reads owner and assignee, and refuses those that the caller may not name.
// The owner is the caller if not given; org is the workspace of the thing.
func (s *Server) peopleOf(q *query, f *form, org *int) (owner, assignee *int, err error) {
	_, named := f.body["assignee"].(string)
	for _, id := range []string{"owner_id", "assignee_id", "project_id"} {
		_, text := f.body[id].(string)
		named = named || text
	}
	if named {
		return nil, nil, crashed() // CVAT looks for it before it checks it (A17)
	}
	owner = &q.who.id
	if id, ok := number(f.body["owner_id"]); ok {
		owner = &id
	}
	if id, ok := number(f.body["assignee_id"]); ok {
		assignee = &id
	}
	if *owner != q.who.id && !q.who.superuser {
		return nil, nil, forbidden()
	}
	return owner, assignee, s.checkAssignee(q, assignee, org)
}

// number reads an id; null and absent are none.
func number(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	id, err := n.Int64()
	return int(id), err == nil
}

// storageJSON says where exports of a project or task go; the sandbox only keeps it.
type storageJSON struct {
	ID             int    `json:"id"`
	Location       string `json:"location"`
	CloudStorageID *int   `json:"cloud_storage_id"`
}

func readStorage(location *string) *storageJSON {
	if location == nil {
		return nil
	}
	return &storageJSON{ID: 1, Location: *location}
}

// storage reads source_storage or target_storage. No cloud storage keeps annotations here, so
// that any id of one is unknown.
func (f *form) storage(name string) *string {
	v, there := f.body[name]
	if there && v == nil {
		f.fail(name, mayNotBeNull)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	inner := form{body: object}
	location, _ := inner.choice("location", "cloud_storage", "local")
	if location == "cloud_storage" && len(inner.errs) == 0 { // one that has a number was refused before
		inner.fail("non_field_errors", "Cloud storage was selected as location but its id was not specified")
	}
	if len(inner.errs) > 0 {
		f.errs = append(f.errs, fieldError{name, inner.errs})
		return nil
	}
	if location == "" {
		return nil
	}
	return &location
}

// cloudStorage refuses a body whose source or target is a cloud storage: annotations are kept in none here.
func (b body) cloudStorage() error {
	for _, name := range []string{"source_storage", "target_storage"} {
		object, is := b[name].(map[string]any)
		if b[name] != nil && !is {
			return crashed()
		}
		if id, ok := number(object["cloud_storage_id"]); ok && id > 0 {
			return listed("CloudStorage matching query does not exist.")
		}
	}
	return nil
}
