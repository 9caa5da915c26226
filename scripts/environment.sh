# Sourced by ./kvasir, ./test and ./format: finds the repository and the .NET SDK, keeps the SDK quiet.
# shellcheck shell=bash

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1

# The SDK and NuGet keep files in the home folder; services and containers may not have one.
if [[ -z ${HOME:-} || ! -w ${HOME:-/nowhere} ]]; then
    export HOME="$root/artifacts/home"
    mkdir -p "$HOME"
fi

if ! command -v dotnet >/dev/null && [[ -x $HOME/.dotnet/dotnet ]]; then
    export DOTNET_ROOT="$HOME/.dotnet" PATH="$HOME/.dotnet:$PATH"
fi

if ! command -v dotnet >/dev/null; then
    echo "kvasir: the .NET 10 SDK is needed and 'dotnet' is not on the path; get it from https://dotnet.microsoft.com/download" >&2
    exit 1
fi

# build LOG TARGET…: a Release build whose output goes to artifacts/LOG and is shown only when it fails.
build() {
    local log="$root/artifacts/$1"
    shift
    mkdir -p "$root/artifacts"
    # Descriptor 9 is the build lock: a compiler server that outlives the build must not inherit it.
    if ! dotnet build --configuration Release --verbosity quiet -clp:NoSummary "$@" </dev/null >"$log" 2>&1 9>&-; then
        cat "$log" >&2
        return 1
    fi
}
