namespace Kvasir.KvCache.Tests.Virtual;

/// <summary>A theory about Linux' memory mappings.</summary>
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "contiguous KV exists on Linux only";
    }
}
