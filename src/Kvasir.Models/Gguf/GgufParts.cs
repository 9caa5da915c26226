namespace Kvasir.Models;

/// <summary>
/// A GGUF file, or all parts of one that llama-gguf-split has cut: the first holds the metadata, each its own tensors. The parts lie in one
/// folder and are named <c>NAME-00001-of-00003.gguf</c>; whichever is given opens all.
/// </summary>
/// <remarks>
/// Every part says its number from 0 (<c>split.no</c>), how many there are (<c>split.count</c>) and how many tensors all hold together
/// (<c>split.tensors.count</c>); all three are checked.
/// </remarks>
internal sealed class GgufParts : IDisposable
{
    public const string NumberKey = "split.no";
    public const string CountKey = "split.count";
    public const string TensorCountKey = "split.tensors.count";

    private const int MaxParts = 65_535; // the field's type
    private const int MissingNamed = 3;

    private readonly List<GgufFile> _files = [];

    private GgufParts()
    {
    }

    /// <summary>The file with the metadata; after opening it lists the tensors of all parts.</summary>
    public GgufFile First => _files[0];

    /// <exception cref="ModelFormatException">A part is damaged, missing, named as another or of another file.</exception>
    public static GgufParts Open(string path)
    {
        var parts = new GgufParts();
        var given = GgufFile.Open(path);
        try
        {
            int count = given.Metadata.Integer(CountKey, 0, MaxParts) ?? 1;
            if (count > 1)
                parts.OpenOthers(given, count);
            else
                parts._files.Add(given);
            return parts;
        }
        catch
        {
            given.Dispose();
            parts.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    private void OpenOthers(GgufFile given, int count)
    {
        int number = given.Metadata.Integer(NumberKey, 0, count - 1) ?? throw given.Metadata.Error(NumberKey, "the field is missing");
        if (GgufPartName.Parse(given.Path) is not { } name)
        {
            throw new ModelFormatException(
                given.Path, $"this is part {number + 1} of {count} of a split file; its name must end as llama-gguf-split has it: "
                + $"-{number + 1:D5}-of-{count:D5}.gguf");
        }

        if ((name.Number, name.Count) != (number + 1, count))
            throw new ModelFormatException(given.Path, $"the name says part {name.Number} of {name.Count}, the file itself part {number + 1} of {count}");
        RefuseMissing(given.Path, name);
        for (int i = 0; i < count; i++)
        {
            var file = i == number ? given : GgufFile.Open(name.Of(i + 1));
            _files.Add(file);
            CheckPart(file, i, count);
        }

        int tensors = given.Metadata.Integer(TensorCountKey, 0, int.MaxValue) ?? throw given.Metadata.Error(TensorCountKey, "the field is missing");
        foreach (var file in _files)
        {
            if ((file.Metadata.Integer(TensorCountKey) ?? tensors) != tensors)
                throw file.Metadata.Error(TensorCountKey, $"{file.Metadata.Integer(TensorCountKey)}, but {tensors} in {given.Path}: these are parts of two files");
        }

        Merge();
        if (First.Tensors.Count != tensors)
            throw given.Metadata.Error(TensorCountKey, $"{tensors}, but the {count} parts hold {First.Tensors.Count} tensors");
    }

    private static void RefuseMissing(string path, GgufPartName name)
    {
        var missing = Enumerable.Range(1, name.Count).Select(name.Of).Where(part => !File.Exists(part)).Select(part => Path.GetFileName(part)!).ToArray();
        if (missing.Length == 0)
            return;
        string rest = missing.Length > MissingNamed ? $" and {missing.Length - MissingNamed} more" : "";
        throw new ModelFormatException(
            path, $"of the {name.Count} parts, {string.Join(", ", missing.Take(MissingNamed))}{rest} {(missing.Length == 1 ? "is" : "are")} not in the folder; "
            + "the download may be incomplete");
    }

    private static void CheckPart(GgufFile file, int number, int count)
    {
        if (file.Metadata.Integer(CountKey) is not { } said || said != count)
            throw file.Metadata.Error(CountKey, $"{file.Metadata.Integer(CountKey)?.ToString() ?? "nothing"}, but the file's name says {count} parts");
        if (file.Metadata.Integer(NumberKey) is not { } own || own != number)
            throw file.Metadata.Error(NumberKey, $"{file.Metadata.Integer(NumberKey)?.ToString() ?? "nothing"} (from 0), but the file's name says part {number + 1}");
    }

    private void Merge()
    {
        foreach (var file in _files.Skip(1))
        {
            foreach (var (tensorName, tensor) in file.Tensors)
            {
                if (!First.Tensors.TryAdd(tensorName, tensor))
                {
                    throw new ModelFormatException(
                        file.Path, $"tensor \"{tensorName}\" is in {Path.GetFileName(First.Tensors[tensorName].File.Path)} too", tensor.Offset);
                }
            }
        }
    }
}
