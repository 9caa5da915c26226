namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Tells a full medium from one that fails.</summary>
internal static class FullDisk
{
    private const int FileTooLarge = 27;
    private const int NoSpaceLeft = 28;
    private const int QuotaLinux = 122;
    private const int QuotaMac = 69;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>True when a write failed for want of room. .NET gives the error number of Unix as it is.</summary>
    public static bool IsCauseOf(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is WindowsDiskFull or WindowsHandleDiskFull
        : exception.HResult is NoSpaceLeft or FileTooLarge || exception.HResult == (OperatingSystem.IsMacOS() ? QuotaMac : QuotaLinux);
}
