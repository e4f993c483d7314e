// Command gin is a web server on gin.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/gin-gonic/gin"
)

type item struct {
	Name  string `json:"name" binding:"required"`
	Count int    `json:"count"`
}

func main() {
	listen := flag.String("listen", ":8080", "the address to serve")
	static := flag.String("static", "/static", "the folder of files to serve")
	flag.Parse()
	r := gin.Default()
	r.GET("/hello/:name", func(c *gin.Context) { c.String(http.StatusOK, "hello %s\n", c.Param("name")) })
	r.POST("/items", func(c *gin.Context) {
		var i item
		if err := c.ShouldBindJSON(&i); err != nil {
			c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
			return
		}
		i.Count++
		c.JSON(http.StatusCreated, i)
	})
	r.GET("/panic", func(*gin.Context) { panic("asked for") })
	r.Static("/files", *static)
	log.Fatal(r.Run(*listen))
}
