namespace Kvasir.Models;

/// <summary>One step from pieces back to text. It sees all pieces of a text at once, as Hugging Face tokenizers define it.</summary>
internal abstract class DecodeStep
{
    public abstract void Apply(List<string> pieces);
}
