namespace Kvasir.Cli.Tests;

/// <summary>A test that takes minutes: it runs with <c>./test --slow</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SlowFactAttribute : FactAttribute
{
    public SlowFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("KVASIR_SLOW_TESTS") != "1")
            Skip = "takes minutes; ./test --slow runs it";
    }
}
