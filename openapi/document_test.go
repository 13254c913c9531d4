package openapi

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// cvatType is how CVAT labels its JSON.
const cvatType = "application/vnd.cvat+json"

// readDocument returns CVAT's document, or nil where it is not at hand.
func readDocument(t *testing.T) *openapi3.T {
	t.Helper()
	file := os.Getenv("CVAT_OPENAPI")
	if file == "" {
		file = filepath.Join("..", "..", "shared", "cvat-openapi.yml")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	document, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, schema := range document.Components.Schemas {
		forbidOthers(schema.Value)
	}
	return document
}

// forbidOthers lets an object have no other fields than those that it names: otherwise a
// misspelt field would pass on both sides.
func forbidOthers(schema *openapi3.Schema) {
	if schema == nil || len(schema.Properties) == 0 {
		return
	}
	if schema.AdditionalProperties.Has == nil && schema.AdditionalProperties.Schema == nil {
		no := false
		schema.AdditionalProperties.Has = &no
	}
	for _, property := range schema.Properties {
		if property.Ref == "" {
			forbidOthers(property.Value)
		}
	}
}

// newRouter finds operations for requests to the server.
func newRouter(t *testing.T, document *openapi3.T, server string) routers.Router {
	t.Helper()
	openapi3filter.RegisterBodyDecoder(cvatType, openapi3filter.JSONBodyDecoder)
	document.Servers = openapi3.Servers{{URL: server}}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return router
}
