namespace Kvasir.Models.Hub;

/// <summary>What a pull gave.</summary>
/// <param name="Id">Owner and name.</param>
/// <param name="Revision">The branch, tag or commit that was asked for.</param>
/// <param name="Commit">What it means now.</param>
/// <param name="Path">The file or folder to run, or the folder of files that are no model.</param>
/// <param name="Files">Files that were asked for.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="LoadedBytes">What came over the network, of these, in this run.</param>
public sealed record PullResult(string Id, string Revision, string Commit, string Path, int Files, long Bytes, long LoadedBytes);
