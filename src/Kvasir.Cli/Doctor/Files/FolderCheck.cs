using Kvasir.Cli.Output;

namespace Kvasir.Cli.Doctor.Files;

/// <summary>Whether the folders for caches can be written, and how much is free there.</summary>
internal sealed class FolderCheck() : DoctorCheck("files", "folder")
{
    private const long Enough = 1L << 30;

    protected override IEnumerable<Finding> Look(DoctorContext context) =>
        context.Targets.Folders.Select(folder => Look(folder, context.Machine.FreeBytes));

    private Finding Look(string folder, Func<string, long> freeBytes)
    {
        // A folder that is not there is made by whoever uses it first: what counts is the nearest one that is.
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        try
        {
            var probe = Path.Combine(existing, $".kvasir-doctor-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }

            var free = freeBytes(existing);
            var found = $"{folder}: {Screen.Size(free)} free";
            return free < Enough ? Warning(found, "make room or name another folder: caches there will soon be full") : Ok(found);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Problem(ErrorReport.FirstLine(exception.Message), $"let the user that runs kvasir write in {existing}");
        }
    }
}
