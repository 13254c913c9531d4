CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO sequences VALUES ('task', 0), ('tag', 0), ('shape', 0), ('track', 0), ('keyframe', 0);

CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE, email TEXT NOT NULL, password TEXT NOT NULL,
  first_name TEXT NOT NULL, last_name TEXT NOT NULL, superuser INTEGER NOT NULL, joined INTEGER NOT NULL, last_login INTEGER
) STRICT;

-- kind: login (Authorization: Token) or access (Authorization: Bearer)
CREATE TABLE IF NOT EXISTS tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, kind TEXT NOT NULL,
  value TEXT NOT NULL UNIQUE, name TEXT NOT NULL, read_only INTEGER NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, expiry INTEGER, last_used INTEGER
) STRICT;

CREATE TABLE IF NOT EXISTS organizations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL,
  owner_id INTEGER NOT NULL REFERENCES users, created INTEGER NOT NULL, updated INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS memberships (
  org_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  role TEXT NOT NULL, PRIMARY KEY (org_id, user_id)
) STRICT;

CREATE TABLE IF NOT EXISTS projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, owner_id INTEGER REFERENCES users, assignee_id INTEGER REFERENCES users,
  assigned INTEGER, bug_tracker TEXT NOT NULL, org_id INTEGER REFERENCES organizations ON DELETE CASCADE,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, source_storage TEXT, target_storage TEXT
) STRICT;

CREATE TABLE IF NOT EXISTS data (
  id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL DEFAULT 0, params TEXT NOT NULL DEFAULT '{}',
  chunk_size INTEGER, image_quality INTEGER, start_frame INTEGER NOT NULL DEFAULT 0, stop_frame INTEGER NOT NULL DEFAULT 0,
  chunks_updated INTEGER, validation_mode TEXT, validation_frames TEXT, deleted_frames TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE IF NOT EXISTS tasks (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, project_id INTEGER REFERENCES projects ON DELETE CASCADE,
  owner_id INTEGER REFERENCES users, assignee_id INTEGER REFERENCES users, assigned INTEGER,
  bug_tracker TEXT NOT NULL, subset TEXT NOT NULL, segment_size INTEGER NOT NULL, overlap INTEGER,
  consensus INTEGER NOT NULL, status TEXT NOT NULL, org_id INTEGER REFERENCES organizations ON DELETE CASCADE,
  data_id INTEGER REFERENCES data, dimension TEXT NOT NULL DEFAULT '', mode TEXT NOT NULL DEFAULT '', media_type TEXT NOT NULL DEFAULT '',
  jobs INTEGER NOT NULL DEFAULT 0, jobs_completed INTEGER NOT NULL DEFAULT 0, jobs_validation INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, source_storage TEXT, target_storage TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS tasks_project ON tasks (project_id, id);
CREATE INDEX IF NOT EXISTS tasks_name ON tasks (name);
CREATE INDEX IF NOT EXISTS tasks_tracker ON tasks (bug_tracker);
CREATE INDEX IF NOT EXISTS tasks_data ON tasks (data_id);

CREATE TABLE IF NOT EXISTS labels (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER REFERENCES projects ON DELETE CASCADE,
  task_id INTEGER REFERENCES tasks ON DELETE CASCADE, parent_id INTEGER REFERENCES labels ON DELETE CASCADE,
  name TEXT NOT NULL, color TEXT NOT NULL, type TEXT NOT NULL, svg TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS labels_project ON labels (project_id);
CREATE INDEX IF NOT EXISTS labels_task ON labels (task_id);
CREATE INDEX IF NOT EXISTS labels_parent ON labels (parent_id);
CREATE TABLE IF NOT EXISTS attributes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, label_id INTEGER NOT NULL REFERENCES labels ON DELETE CASCADE,
  name TEXT NOT NULL, mutable INTEGER NOT NULL, input_type TEXT NOT NULL, default_value TEXT NOT NULL, choices TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS attributes_label ON attributes (label_id);

CREATE TABLE IF NOT EXISTS cloud_storages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, owner_id INTEGER NOT NULL REFERENCES users, org_id INTEGER REFERENCES organizations ON DELETE CASCADE,
  display_name TEXT NOT NULL, resource TEXT NOT NULL, attributes TEXT NOT NULL, provider TEXT NOT NULL, manifests TEXT NOT NULL,
  description TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL
) STRICT;

-- the names that an import will look for, in the order of their arrival
CREATE TABLE IF NOT EXISTS client_files (
  id INTEGER PRIMARY KEY AUTOINCREMENT, data_id INTEGER NOT NULL REFERENCES data ON DELETE CASCADE,
  name TEXT NOT NULL, UNIQUE (data_id, name)
) STRICT;
-- one row per task, as a table of a row per frame would make a project of a million frames slow
CREATE TABLE IF NOT EXISTS frames (data_id INTEGER PRIMARY KEY REFERENCES data ON DELETE CASCADE, list BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, data_id INTEGER NOT NULL REFERENCES data ON DELETE CASCADE, user_id INTEGER NOT NULL,
  name TEXT NOT NULL, length INTEGER NOT NULL, sent INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS uploads_data ON uploads (data_id);

CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, task_id INTEGER NOT NULL REFERENCES tasks ON DELETE CASCADE, type TEXT NOT NULL,
  parent_id INTEGER REFERENCES jobs ON DELETE CASCADE, assignee_id INTEGER REFERENCES users, assigned INTEGER,
  start INTEGER NOT NULL, stop INTEGER NOT NULL, frame_count INTEGER NOT NULL, replicas INTEGER NOT NULL,
  stage TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_task ON jobs (task_id);
CREATE INDEX IF NOT EXISTS jobs_parent ON jobs (parent_id);

CREATE TABLE IF NOT EXISTS guides (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER UNIQUE REFERENCES projects ON DELETE CASCADE,
  task_id INTEGER UNIQUE REFERENCES tasks ON DELETE CASCADE, markdown TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS assets (
  uuid TEXT PRIMARY KEY, guide_id INTEGER NOT NULL REFERENCES guides ON DELETE CASCADE, filename TEXT NOT NULL, type TEXT NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS assets_guide ON assets (guide_id);

-- kind: tag, shape or track; seq is the order of writing, as ids can be given (A84)
CREATE TABLE IF NOT EXISTS annotations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, label_id INTEGER NOT NULL REFERENCES labels ON DELETE CASCADE,
  frame INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id)
) STRICT;
CREATE INDEX IF NOT EXISTS annotations_job ON annotations (job_id, kind, frame, seq);
CREATE INDEX IF NOT EXISTS annotations_label ON annotations (label_id);
CREATE TABLE IF NOT EXISTS exports (
  id TEXT PRIMARY KEY, owner_id INTEGER NOT NULL, task_id INTEGER, job_id INTEGER, format TEXT NOT NULL, subresource TEXT NOT NULL,
  created INTEGER NOT NULL, finished INTEGER NOT NULL, message TEXT NOT NULL, name TEXT NOT NULL, archive BLOB NOT NULL
) STRICT;

-- no foreign key to tasks: the record of a deleted task answers 400 (A44)
CREATE TABLE IF NOT EXISTS requests (
  task_id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, org_id INTEGER, status TEXT NOT NULL, message TEXT NOT NULL,
  trace TEXT NOT NULL, params TEXT NOT NULL, created INTEGER NOT NULL, started INTEGER, finished INTEGER,
  again INTEGER NOT NULL DEFAULT 0 -- an earlier process was killed over it
) STRICT;
CREATE INDEX IF NOT EXISTS requests_status ON requests (status);
