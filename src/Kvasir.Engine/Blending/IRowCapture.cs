namespace Kvasir.Engine.Blending;

/// <summary>Looks at the rows of a finished sequence before they are released.</summary>
public interface IRowCapture
{
    /// <summary>Called on the engine's thread, once, when the answer has ended well; it should be quick.</summary>
    void Take(IRowReader reader);
}
