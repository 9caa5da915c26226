namespace Kvasir.Models.Hub;

/// <summary>How far a pull has come.</summary>
/// <param name="File">The file under way.</param>
/// <param name="FileLoaded">Bytes of it that are there.</param>
/// <param name="FileBytes">Its size.</param>
/// <param name="Loaded">Bytes of all files that are there.</param>
/// <param name="Bytes">The size of all files.</param>
/// <param name="Done">Whether the file was checked and is in its place.</param>
public readonly record struct PullProgress(string File, long FileLoaded, long FileBytes, long Loaded, long Bytes, bool Done);
