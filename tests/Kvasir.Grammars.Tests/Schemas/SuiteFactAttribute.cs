namespace Kvasir.Grammars.Tests.Schemas;

/// <summary>A test that needs the public JSON Schema Test Suite, which is not part of the repository.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SuiteFactAttribute : FactAttribute
{
    public SuiteFactAttribute()
    {
        if (Folder is null)
            Skip = "set KVASIR_JSON_SCHEMA_SUITE to a checkout of github.com/json-schema-org/JSON-Schema-Test-Suite";
    }

    /// <summary>The suite's <c>tests</c> folder, or null.</summary>
    public static string? Folder { get; } = Environment.GetEnvironmentVariable("KVASIR_JSON_SCHEMA_SUITE") is { Length: > 0 } folder
        ? Path.Combine(folder, "tests")
        : null;
}
