//go:build tools

package languagehost

// v3.79.0 is the last version of this module that has the language host.
import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
