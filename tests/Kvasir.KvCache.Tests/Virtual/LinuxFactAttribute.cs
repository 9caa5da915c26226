namespace Kvasir.KvCache.Tests.Virtual;

/// <summary>A fact about Linux' memory mappings.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "contiguous KV exists on Linux only";
    }
}
