using Kvasir.Engine.Conversations.Calls;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>A family's way to write calls.</summary>
/// <param name="Name">The family.</param>
/// <param name="Calls">The syntax.</param>
/// <param name="ToldByUs">Whether the template knows no functions, so that we tell the model of them.</param>
internal sealed record CallFormat(string Name, CallSyntax Calls, bool ToldByUs = false)
{
    /// <summary>Whether calls have ids of nine letters and digits, and no others.</summary>
    public bool ShortIds { get; init; }

    /// <summary>Whether a call's id is made of the function's name and the call's number.</summary>
    public bool NameIsId => Calls is NamedCalls { NameIsId: true };
}
