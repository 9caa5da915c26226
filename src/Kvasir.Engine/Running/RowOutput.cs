namespace Kvasir.Engine.Running;

/// <summary>What the rows of a sequence give.</summary>
internal enum RowOutput
{
    /// <summary>Logits over the vocabulary.</summary>
    Logits,

    /// <summary>Hidden states behind the output norm; the output matrix is left out.</summary>
    Hidden,
}
