namespace Kvasir.Models;

/// <summary>How a tensor of a file holds a weight, when it is not simply the weight.</summary>
[Flags]
internal enum WeightForm
{
    /// <summary>It is the weight.</summary>
    Plain = 0,

    /// <summary>Query, key and value rows, one after the other.</summary>
    Stacked = 1,

    /// <summary>For each KV head the rows of its queries, of its key and of its value.</summary>
    Grouped = 2,

    /// <summary>Gate rows, then up rows.</summary>
    Halves = 4,

    /// <summary>Gate and up rows by turns.</summary>
    Alternating = 8,

    /// <summary>Columns are outputs: <c>[in, out]</c>.</summary>
    Transposed = 16,

    /// <summary>All experts (or heads) along the first dimension.</summary>
    Experts = 32,

    /// <summary>One tensor a head; the name has a place for its number, and the vectors follow one another.</summary>
    HeadByHead = 64,

    /// <summary>A vector with more dimensions than one, all others 1 or the weight's parts.</summary>
    Flat = 128,

    /// <summary>For each head the rows of its plain keys and of its values (latent attention).</summary>
    HeadParts = 256,

    /// <summary>A vector v is stored as -e^v.</summary>
    NegatedExponential = 512,
}
