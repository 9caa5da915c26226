using System.Runtime.InteropServices;

namespace Kvasir.Models.Hub;

/// <summary>A second name for a file, so that revisions share what they have in common; the system frees it with its last name.</summary>
internal static partial class HardLink
{
    /// <summary>Makes the name; false when the file system has no such names.</summary>
    public static bool TryCreate(string existing, string name) => OperatingSystem.IsWindows()
        ? CreateHardLink(name, existing, 0)
        : Link(existing, name) == 0;

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string name, string existing, nint security);
}
