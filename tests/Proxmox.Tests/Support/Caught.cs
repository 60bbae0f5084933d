namespace Proxmox.Tests.Support;

/// <summary>Expects an exception and hands it out.</summary>
internal static class Caught
{
    public static async Task<T> FromAsync<T>(Func<Task> action)
        where T : Exception
    {
        try
        {
            await action();
        }
        catch (T error)
        {
            return error;
        }

        throw new AssertionException($"Expected a {typeof(T).Name}, but there was none.");
    }
}
