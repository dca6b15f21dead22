# The recipes are those of ./dev, for fingers that type `just`.

_default:
    @./dev help

# Everything on this machine: broker, sandbox AlipayHK, sample orders, live page
demo *arguments:
    ./dev demo {{ arguments }}

# What a change has to pass
test *arguments:
    ./dev test {{ arguments }}

# Simulated worlds, seed after seed
sim *arguments:
    ./dev sim {{ arguments }}

# The figures
bench *arguments:
    ./dev bench {{ arguments }}

# Formats the code
fmt *arguments:
    ./dev fmt {{ arguments }}

# Format and lints without tests
lint:
    ./dev lint

# The bill of materials of the production binary, as CycloneDX
sbom:
    @./dev sbom

# Rewrites the pages that are made from code
docs:
    ./dev docs
