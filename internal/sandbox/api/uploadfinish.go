package api

import (
	"net/http"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// finishUpload ends an upload: its parameters are kept, and its files, as they are
// known now, are put in the queue. Files that come later are taken and ignored (A46).
func (s *Server) finishUpload(q *query, t *storage.Task, in *incoming) (answer, error) {
	p, err := readParams(in.body)
	if err != nil {
		return answer{}, err
	}
	if err := s.keepFiles(q.ctx, *t.Data, in.files); err != nil {
		return answer{}, err
	}
	old := importer.ReadSticky(t.Params)
	if err := s.served(q, &p, old.ServerFiles); err != nil {
		return answer{}, err
	}
	p = p.Over(old)
	p.ClientFiles, err = s.store.ClientFiles(q.ctx, *t.Data)
	if err != nil {
		return answer{}, err
	}
	if p.Sorting() == importer.SortPredefined && len(p.ClientFiles) > 0 && len(p.Order) > 0 {
		if p.ClientFiles, err = inOrder(p.ClientFiles, p.Order); err != nil {
			return answer{}, err
		}
	}
	return s.enqueue(q, t, p)
}

// inOrder is the order that upload_file_order asks for; it must name the files that
// are there, no more and no less.
func inOrder(files, order []string) ([]string, error) {
	have, want := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		have[f] = true
	}
	var unique, wrong []string
	for _, f := range order {
		if !have[f] && !want[f] {
			wrong = append(wrong, f+" (missing)")
		}
		if !want[f] {
			unique = append(unique, f)
		}
		want[f] = true
	}
	for _, f := range files {
		if !want[f] {
			wrong = append(wrong, f+" (extra)")
		}
	}
	if len(wrong) == 0 {
		return unique, nil
	}
	return nil, listed("Uploaded files do not match the 'upload_file_order' field contents. Please check the uploaded data and the list of uploaded files. Mismatching files: %s", importer.FirstFew(wrong))
}

// enqueue puts an import in the queue. One that is there already answers 409 with its
// id, which is not an error to a client but something to wait for (A48).
func (s *Server) enqueue(q *query, t *storage.Task, p importer.Params) (answer, error) {
	id := map[string]string{"rq_id": storage.RequestID(t.ID)}
	again, err := s.queue.Enqueue(q.ctx, t, q.who.id, p)
	if err != nil {
		return answer{}, err
	}
	if again {
		return reply(http.StatusConflict, id), nil
	}
	return reply(http.StatusAccepted, id), nil
}
