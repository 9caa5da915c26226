namespace Kvasir.Models.Hub;

/// <summary>What a repository holds at a commit.</summary>
/// <param name="Id">Owner and name, as they were asked for.</param>
/// <param name="Commit">40 hexadecimal digits.</param>
/// <param name="Files">All files; names stay inside a folder, but need not be portable.</param>
internal sealed record HubRevision(string Id, string Commit, IReadOnlyList<HubListedFile> Files);
