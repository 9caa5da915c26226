namespace Kvasir.Serving.Tests.Clients;

/// <summary>A test that needs programs of the machine; skipped where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute(params string[] programs)
    {
        var missing = programs.Where(program => !IsOnPath(program)).ToArray();
        if (missing.Length > 0)
            Skip = $"not on the path: {string.Join(", ", missing)}";
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
