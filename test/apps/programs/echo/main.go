// Command echo is a web server on labstack's echo.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

type item struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func main() {
	listen := flag.String("listen", ":8080", "the address to serve")
	static := flag.String("static", "/static", "the folder of files to serve")
	flag.Parse()
	e := echo.New()
	e.HideBanner = true
	e.Use(middleware.Logger(), middleware.Recover(), middleware.Gzip())
	e.GET("/hello/:name", func(c echo.Context) error { return c.String(http.StatusOK, "hello "+c.Param("name")+"\n") })
	e.POST("/items", func(c echo.Context) error {
		i := new(item)
		if err := c.Bind(i); err != nil {
			return err
		}
		i.Count++
		return c.JSON(http.StatusCreated, i)
	})
	e.GET("/panic", func(echo.Context) error { panic("asked for") })
	e.Static("/files", *static)
	log.Fatal(e.Start(*listen))
}
