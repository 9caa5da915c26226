using System.Reflection;

namespace Kvasir.KvCache.Tests.Support;

/// <summary>Reaches into an object to break it, so that its integrity check can be seen to fail.</summary>
internal static class Private
{
    public static T Field<T>(object owner, string name) => (T)Info(owner, name).GetValue(owner)!;

    public static void SetField(object owner, string name, object? value) => Info(owner, name).SetValue(owner, value);

    private static FieldInfo Info(object owner, string name) =>
        owner.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new MissingFieldException(owner.GetType().Name, name);
}
