package api

import "net/http"

type methods = map[string]handler

// newRouter is the table of what the server answers. A slash at the end is a URL that
// CVAT does not have, but for /data/ (A64).
func (s *Server) newRouter() *router {
	rt := &router{}
	missing := func(q *query) (answer, error) { return answer{}, notDone(q.Method + " " + q.URL.Path) }

	rt.add(`/api/server/about`, methods{"GET": s.about}).open = true
	rt.add(`/api/server/health/?`, methods{"GET": s.health}).open = true
	rt.add(`/api/auth/login`, methods{"POST": s.login}).open = true
	rt.add(`/api/auth/logout`, methods{"GET": s.logout, "POST": s.logout}).open = true
	rt.add(`/api/auth/access_tokens`, methods{"POST": s.createToken})
	rt.add(`/api/auth/access_tokens/self`, methods{"GET": s.selfToken})

	rt.add(`/api/auth/access_tokens/([^/.]+)`, methods{"GET": missing, "PATCH": missing, "DELETE": s.deleteToken})

	rt.add(`/api/users/self`, methods{"GET": s.self})
	rt.add(`/api/users`, methods{"GET": s.listUsers})
	rt.add(`/api/users/([^/.]+)`, methods{"GET": s.getUser, "PATCH": missing, "DELETE": missing})
	rt.add(`/api/organizations`, methods{"GET": s.listOrganizations, "POST": s.createOrganization})
	rt.add(`/api/organizations/([^/.]+)`, methods{"GET": s.getOrganization, "PATCH": missing, "DELETE": s.deleteOrganization})

	rt.add(`/api/projects`, methods{"GET": s.listProjects, "POST": s.createProject})
	rt.add(`/api/projects/([^/.]+)`, methods{"GET": s.getProject, "PATCH": s.patchProject, "DELETE": s.deleteProject})
	rt.add(`/api/labels`, methods{"GET": s.listLabels})
	rt.add(`/api/labels/([^/.]+)`, methods{"GET": s.getLabel, "PATCH": s.patchLabel, "DELETE": s.deleteLabel})

	rt.add(`/api/tasks`, methods{"GET": s.listTasks, "POST": s.createTask})
	rt.add(`/api/tasks/([^/.]+)`, methods{"GET": s.getTask, "PATCH": s.patchTask, "DELETE": s.deleteTask})
	rt.add(`/api/tasks/([^/.]+)/status`, methods{"GET": s.taskStatus})
	rt.add(`/api/tasks/([^/.]+)/data/?`, methods{"GET": s.getData, "POST": s.postData, "OPTIONS": s.tusOptions}).kind = uploadBody
	rt.add(`/api/tasks/([^/.]+)/data/meta`, methods{"GET": s.getMeta, "PATCH": s.patchMeta})
	rt.add(`/api/tasks/([^/.]+)/data/(\d+_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})`, methods{"HEAD": s.headTUS, "PATCH": s.patchTUS}).kind = tusBody
	rt.add(`/api/tasks/([^/.]+)/validation_layout`, methods{"GET": s.getValidationLayout})
	rt.add(`/api/tasks/([^/.]+)/preview`, methods{"GET": s.getPreview})
	rt.add(`/api/tasks/([^/.]+)/annotations/?`, s.annotationRoute(s.annotatedTask)).kind = uploadBody

	rt.add(`/api/tasks/([^/.]+)/dataset/export`, methods{"POST": s.exportTask}).kind = uploadBody
	rt.add(`/api/tasks/([^/.]+)/dataset/download`, methods{"GET": s.download})
	rt.add(`/api/jobs/([^/.]+)/dataset/export`, methods{"POST": s.exportJob}).kind = uploadBody
	rt.add(`/api/jobs/([^/.]+)/dataset/download`, methods{"GET": s.download})
	rt.add(`/api/server/annotation/formats`, methods{"GET": s.listFormats})

	rt.add(`/api/jobs`, methods{"GET": s.listJobs, "POST": missing})
	rt.add(`/api/jobs/([^/.]+)`, methods{"GET": s.getJob, "PATCH": s.patchJob, "DELETE": missing})
	rt.add(`/api/jobs/([^/.]+)/data`, methods{"GET": s.getJobData})
	rt.add(`/api/jobs/([^/.]+)/annotations/?`, s.annotationRoute(s.annotatedJob)).kind = uploadBody
	rt.add(`/api/jobs/([^/.]+)/data/meta`, methods{"GET": s.getJobMeta, "PATCH": s.patchJobMeta})

	rt.add(`/api/guides`, methods{"POST": s.createGuide})
	rt.add(`/api/guides/([^/.]+)`, methods{"GET": s.getGuide, "PATCH": s.patchGuide, "DELETE": s.deleteGuide})
	rt.add(`/api/assets`, methods{"POST": s.createAsset}).kind = uploadBody
	rt.add(`/api/assets/([0-9a-f-]{36})`, methods{"GET": s.getAsset, "DELETE": s.deleteAsset})

	rt.add(`/api/cloudstorages`, methods{"GET": s.listCloudStorages, "POST": s.createCloudStorage})
	rt.add(`/api/cloudstorages/([^/.]+)`, methods{"GET": s.getCloudStorage, "PATCH": missing, "DELETE": missing})
	rt.add(`/api/cloudstorages/([^/.]+)/content-v2`, methods{"GET": s.getContent})
	rt.add(`/api/server/share`, methods{"GET": s.getShare})

	rt.add(`/api/requests`, methods{"GET": s.listRequests})
	rt.add(`/api/requests/([^/]+)`, methods{"GET": s.getRequest})
	rt.add(`/api/requests/([^/]+)/cancel`, methods{"POST": s.cancelRequest})

	for _, area := range []string{
		`tasks/\d+/(?:dataset|backup|validation_layout|append).*`, `tasks/backup.*`, `projects/\d+/.+`, `projects/backup.*`, `jobs/\d+/.+`,
		`cloudstorages/.*`, `issues.*`, `comments.*`, `memberships.*`, `invitations.*`, `webhooks.*`, `lambda.*`, `quality.*`, `consensus.*`,
		`analytics.*`, `events.*`, `server/(?:annotation|plugins).*`, `schema/?`,
	} {
		rt.add(`/api/`+area, methods{"GET": missing, "POST": missing, "PUT": missing, "PATCH": missing, "DELETE": missing}).kind = uploadBody
	}
	return rt
}

// about needs no credentials, but refuses bad ones (A7).
func (s *Server) about(q *query) (answer, error) {
	return ok(struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Version     string `json:"version"`
		Logo        string `json:"logo_url"`
		Subtitle    string `json:"subtitle"`
	}{"Computer Vision Annotation Tool", "A server of cvatplan's own that answers as CVAT does; it has no annotation UI.", Version, q.base() + "/static/logo.svg", "cvatplan sandbox"}), nil
}

func (s *Server) health(*query) (answer, error) {
	return answer{status: http.StatusOK, ctype: htmlType, body: []byte("<html><head><title>System status</title></head><body>OK</body></html>\n")}, nil
}
