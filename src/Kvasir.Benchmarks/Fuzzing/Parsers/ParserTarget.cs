namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>A parser to fuzz.</summary>
internal abstract class ParserTarget
{
    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Words of its language, for mutations.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Valid files to begin with.</summary>
    /// <param name="folder">An empty folder, in which the other files that a parse needs are left.</param>
    public abstract IReadOnlyList<ParserCase> Seeds(string folder);

    /// <summary>Parses what is in the folder and uses what comes of it.</summary>
    /// <returns>What the parse went through, in a few words: another text is another path.</returns>
    public abstract string Parse(string folder, ParserCase changed);

    /// <summary>Whether the parser may end so.</summary>
    public virtual bool IsDocumented(Exception exception) => exception is Kvasir.Models.ModelFormatException or Kvasir.Models.UnsupportedModelException;

    /// <summary>A number in its order of magnitude.</summary>
    protected static int Scale(long value) => value <= 0 ? 0 : System.Numerics.BitOperations.Log2((ulong)value) + 1;
}
